"""A browser that is driven through chromedriver's HTTP interface, with the standard library alone."""

import base64
import json
import subprocess
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    """A headless Chromium."""

    def __init__(self, port=9617):
        self.address = f"http://127.0.0.1:{port}"
        self.driver = subprocess.Popen(
            ["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,1000"]}
        capabilities = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        for attempt in range(100):
            try:
                answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
                break
            except (urllib.error.URLError, ConnectionError):
                if attempt == 99:
                    raise
                time.sleep(0.1)
        self.address += f"/session/{answer['sessionId']}"

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.address + path, data=data, method=method, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.read().decode()[:400]}") from None

    def open(self, address):
        self.call("POST", "/url", {"url": address})

    def find(self, selector):
        value = self.call("POST", "/element", {"using": "css selector", "value": selector})
        return f"/element/{value[ELEMENT]}"

    def click(self, selector):
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", selector)
        self.call("POST", self.find(selector) + "/click", {})

    def type(self, selector, text, clear=True):
        element = self.find(selector)
        if clear:
            self.call("POST", element + "/clear", {})
        self.call("POST", element + "/value", {"text": text})

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0])?.textContent ?? ''", selector)

    def value(self, selector):
        return self.run("return document.querySelector(arguments[0]).value", selector)

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def hover(self, selector):
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", selector)
        value = self.find(selector).split("/")[-1]
        move = {"type": "pointerMove", "duration": 50, "x": 0, "y": 0, "origin": {ELEMENT: value}}
        self.call("POST", "/actions", {"actions": [
            {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": [move]}]})

    def drag(self, start, end):
        """Marks a span of text with the mouse."""
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", start)
        places = [{ELEMENT: self.find(selector).split("/")[-1]} for selector in (start, end)]
        self.call("POST", "/actions", {"actions": [
            {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": [
                {"type": "pointerMove", "duration": 50, "x": -3, "y": 0, "origin": places[0]},
                {"type": "pointerDown", "button": 0},
                {"type": "pointerMove", "duration": 200, "x": 3, "y": 0, "origin": places[1]},
                {"type": "pointerUp", "button": 0}]}]})

    def draw(self, selector, points):
        """Draws with the mouse through points, each a share of an element's width and height."""
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", selector)
        box = self.run("const b = document.querySelector(arguments[0]).getBoundingClientRect();"
                       "return [b.left, b.top, b.width, b.height]", selector)
        moves = [{"type": "pointerMove", "duration": 10, "origin": "viewport",
                  "x": round(box[0] + x * box[2]), "y": round(box[1] + y * box[3])} for x, y in points]
        actions = [moves[0], {"type": "pointerDown", "button": 0}, *moves[1:], {"type": "pointerUp", "button": 0}]
        self.call("POST", "/actions", {"actions": [
            {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions}]})

    def press(self, keys):
        """Presses keys where the keyboard is."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def until(self, what, condition, seconds=20):
        """Waits until a condition holds, and returns what it gave."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            found = condition()
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError(f"not within {seconds} s: {what}")

    def picture(self, path, dark=False, width=1400):
        """Saves the whole page."""
        self.devtools("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=1000, deviceScaleFactor=1, mobile=False)
        time.sleep(1.2)
        saved = self.devtools("Page.captureScreenshot", captureBeyondViewport=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(saved["data"]))
        wide = self.run("return document.documentElement.scrollWidth")
        assert wide <= width, f"a page of {width} pixels is {wide} wide"
        self.devtools("Emulation.clearDeviceMetricsOverride")

    def devtools(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def errors(self):
        """What the page's console holds at the level of an error or warning."""
        entries = self.call("POST", "/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] in ("SEVERE", "WARNING")]

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()
