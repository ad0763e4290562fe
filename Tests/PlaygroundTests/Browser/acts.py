"""What a person does in the playground, one function for each thing that the page is for."""

import http.client
import os
import time

COUNT = "return document.querySelectorAll(arguments[0]).length"
WRITE = ("const t = document.querySelector(arguments[0]); t.value = arguments[1];"
         "for (const kind of ['input', 'change']) t.dispatchEvent(new Event(kind))")
FIRST, SECOND = '[data-lane="0"] ', '[data-lane="1"] '


def train(page, cell="lstm", data="tales", units="64", beside=""):
    """Fills the form, and waits until its training runs."""
    page.run(WRITE, "#data", data)
    for selector, text in (("#cell", cell), ("#units", units), ("#beside", beside)):
        page.run(WRITE, selector, text)
    page.click("#setup button[type=submit]")
    page.until("the new training", lambda: page.text("#legend").startswith(f"{cell}: ") and
               (not beside or f"{beside}: " in page.text("#legend")))
    assert page.text("#setup-error") == "", page.text("#setup-error")


def learns_at_once(page, began):
    page.until("a sample", lambda: len(page.text("#sample")) > 100)
    spent = time.monotonic() - began
    print(f"first sample {spent:.1f} s after the command")
    # A machine that does something else besides has less of a second.
    assert spent < 10 * max(1, os.getloadavg()[0] / os.cpu_count()), spent
    page.until("a measured loss", lambda: "validation" in page.text("#legend"))
    assert "entropy 0.2" in page.text("#legend"), page.text("#legend")
    colours = page.run(
        "return new Set([...document.querySelectorAll('#sample span')].map(s => s.style.background)).size")
    assert colours > 5, colours


def pauses_and_steps(page):
    page.click("#start")
    page.until("a pause", lambda: "paused" in page.text("#status"))
    step = int(page.text("#status").split()[1].replace(",", ""))
    page.click("#step")
    page.until("one step", lambda: page.text("#status").startswith(f"Step {step + 1:,}"))
    page.click("#reset")
    page.until("training anew", lambda: "second" in page.text("#status"))


def searches_a_cell(page):
    page.type("#cell", "gate zhou")
    page.until("one cell", lambda: page.run(COUNT, "#cell-list option") == 1)
    page.run("const l = document.getElementById('cell-list'); l.selectedIndex = 0; l.dispatchEvent(new Event('change'))")
    assert page.value("#cell") == "mgu"
    page.until("its paper", lambda: "Zhou" in page.text("#paper"))
    assert page.run(COUNT, "#formula tr") == 3 and page.run(COUNT, "#formula sub") > 2


def learns_tasks_and_tables(page, picture):
    train(page, "gru", "parity", "16")
    page.until("answers", lambda: page.run(COUNT, "#sample .answers td") > 6)
    assert "accuracy" in page.text("#sample .note"), page.text("#sample .note")
    assert not page.run("return document.getElementById('prompt').checkVisibility()")
    train(page, "gru", "mackey-glass", "16")
    page.until("a forecast", lambda: page.run(COUNT, "#sample canvas") == 1)
    picture("task")
    page.run(WRITE, "#data", "table")
    rows = "".join(f"{'fine' if index % 2 else 'poor'} work,{'up' if index % 2 else 'down'}\n" for index in range(60))
    page.run(WRITE, "#text", "comment,verdict\n" + rows)
    page.click("#setup button[type=submit]")
    page.until("answers of the table", lambda: "work" in page.text("#sample .answers"), 40)
    page.run(WRITE, "#text", "comment,verdict\n\"open")
    page.click("#setup button[type=submit]")
    page.until("what is wrong with a table", lambda: "table" in page.text("#setup-error"))


def types_and_takes_branches(page):
    choices = "#choices button"
    page.type("#prompt", "There was a king")
    page.until("choices", lambda: page.run(COUNT, choices) > 1)
    page.type("#top-k", "3")
    page.until("three choices", lambda: page.run(COUNT, choices) == 3)
    page.click(choices + ":nth-child(2)")
    page.until("a branch", lambda: len(page.value("#prompt")) == len("There was a king") + 1)
    assert "keeps its state" in page.text("#tree-note")
    page.until("its button", lambda: page.run(COUNT, "#tree button") == 2)
    page.click("#tree > li > button")
    page.until("the way back", lambda: page.value("#prompt") == "There was a king")
    page.until("its choices", lambda: page.run(COUNT, choices + ":enabled") == 3)
    # The model has learned since the first look, so that the same character can stand in another place.
    taken = page.text("#tree li li button")
    others = [place for place in (1, 2) if page.text(f"{choices}:nth-child({place}) b") != taken]
    page.click(f"{choices}:nth-child({others[0]})")
    page.until("a second branch", lambda: page.run(COUNT, "#tree button") == 3)
    page.type("#prompt", "There was a king who", clear=True)
    page.until("a typed branch", lambda: page.text("#tree [aria-current=true]").endswith("who"))
    bars = "return [...document.querySelectorAll('#choices small')].map(s => s.textContent).join()"
    before = page.run(bars)
    page.run(WRITE, "#temperature", "0.2")
    page.until("bars that move", lambda: page.run(bars) != before)
    page.run(WRITE, "#temperature", "0")
    page.until("one choice at temperature 0", lambda: page.run(COUNT, choices) == 1)
    page.run(WRITE, "#temperature", "0.8")


def looks_inside(page):
    page.run(WRITE, "#reading-text", 'The fox said: "I am as you see a fox."\n' * 12)
    page.until("the text", lambda: page.text(FIRST + ".characters").startswith("The fox said"))
    followers = page.text(FIRST + ".followers")
    # The tales have no brackets, so that no unit can follow them.
    for feature in ("inside quotes", "position in the line"):
        assert feature in followers, followers
    page.click(FIRST + ".heat")
    assert int(page.value(FIRST + ".unit")) > 5, page.value(FIRST + ".unit")
    page.click(FIRST + ".followers button")
    assert f"unit {page.value(FIRST + '.unit')} " in page.text(FIRST + ".followers button")
    page.hover(FIRST + '[data-index="40"]')
    page.until("an explanation", lambda: explained(page, FIRST) == "40")
    page.drag(FIRST + '[data-index="5"]', FIRST + '[data-index="8"]')
    page.until("nearest states", lambda: page.run(COUNT, FIRST + ".nearest li") > 3)


def explained(page, lane):
    return page.run("return document.querySelector(arguments[0]).dataset.explained", lane + ".characters")


def compares_two_cells(page):
    train(page, "gru", units="32", beside="mgu")
    page.until("two views", lambda: page.run(COUNT, "#views .lane") == 2)
    page.until("both texts", lambda: len(page.text(SECOND + ".characters")) > 100)
    page.hover(FIRST + '[data-index="30"]')
    page.until("both explain it", lambda: explained(page, FIRST) == explained(page, SECOND) == "30")
    page.until("two samples", lambda: page.run(COUNT, "#sample h4") == 2)


def draws_fast(page):
    """A picture of 2,000 characters x 128 units."""
    train(page, units="128")
    page.run(WRITE, "#reading-text", "the old king. " * 150)
    size = "const c = document.querySelector(arguments[0]); return [c.width, c.height].join()"
    page.until("2,000 x 128", lambda: page.run(size, FIRST + ".heat") == "2000,128")
    spent = [page.run("const r = (await import('/reading.js')); return r.draw()") for _ in range(5)]
    print("a heat map of 2,000 x 128:", ", ".join(f"{value:.1f} ms" for value in spent))
    assert min(spent) < 50, spent
    page.run(WRITE, "#reading-text", "the old king. ")


def learns_a_stream(page):
    for name, text in (("cell", "gru"), ("units", "8"), ("delay", "3"), ("reach", "1")):
        page.run(WRITE, f"#stream-{name}", text)
    page.click("#stream-setup button[type=submit]")
    page.until("an influence matrix", lambda: page.run("return document.getElementById('influence').width") > 200)
    page.until("costs", lambda: page.run(COUNT, "#stream-costs td") == 9)

    def losses():
        items = page.run("return [...document.querySelectorAll('#stream-legend li')].map(l => l.textContent)")
        return [float(item.split()[-1]) if item[-1].isdigit() else 1 for item in items]

    page.until("exact RTRL learns, truncated does not",
               lambda: len(losses()) == 4 and losses()[2] < 0.4 and losses()[1] > 0.6, 120)
    page.click("#stream-run")
    page.until("a pause", lambda: page.text("#stream-run") == "Go on")
    page.run(WRITE, "#stream-delay", "400")
    page.run("document.getElementById('stream-setup').noValidate = true")
    page.click("#stream-setup button[type=submit]")
    page.until("a refusal", lambda: "delay: expected" in page.text("#stream-error"))
    page.run(WRITE, "#stream-delay", "3")
    page.run("document.getElementById('stream-error').textContent = ''")


def changes_equations(page):
    page.run("document.getElementById('equations').dataset.changed = ''")
    train(page, "gru")
    page.until("equations", lambda: page.value("#equations").startswith("cell gru"))
    original = page.value("#equations")
    page.run(WRITE, "#equations", original.replace("sigmoid", "sigmoi", 1))
    page.until("an error with its line", lambda: "line:2:" in page.text("#equations-error"))
    page.run(WRITE, "#equations", original.replace("cell gru", "cell mine").replace("tanh", "sin"))
    page.until("no error", lambda: page.text("#equations-error") == "")
    page.click("#check")
    page.until("numbers", lambda: page.run(COUNT, "#checks td") > 6)
    assert page.run(COUNT, "#checks .bad") == 0, page.text("#checks")
    page.click("#train-edited")
    page.until("two curves", lambda: "mine: validation" in page.text("#legend"), 40)
    assert "gru: validation" in page.text("#legend")


def draws_a_curve(page):
    page.draw("#drawing", [(0.03 + 0.01 * step, 0.5 + 0.3 * (1 if step // 7 % 2 else -1)) for step in range(58)])
    page.until("a fan", lambda: "weights learned it" in page.text("#forecast-status"), 40)
    page.click("#draw-waves")
    page.until("it learns another", lambda: page.text("#forecast-status").startswith("It learns"))
    page.until("another fan", lambda: "weights learned it" in page.text("#forecast-status"), 40)


def downloads(page, folder):
    """Each link saves a file."""
    page.devtools("Browser.setDownloadBehavior", behavior="allow", downloadPath=os.path.abspath(folder))
    for name in ("model.rnnz", "model.onnx", "cell.swift", "report.html"):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            os.remove(path)
        page.click(f".links a[href*='{name}']")
        page.until(name, lambda: os.path.exists(path) and os.path.getsize(path) > 300)
    with open(os.path.join(folder, "report.html")) as report:
        assert "<h1>gru of 1 x 64" in report.read()
    assert page.text("#download-error") == ""


def opens_a_link(page, address):
    """The link of one server gives the same bits on another one, once its reader says so."""
    page.until("a fingerprint", lambda: "step 100: " in page.text("#fingerprint"), 60)
    fingerprint = page.text("#fingerprint")
    page.click("#link")
    link = page.run("return location.href")
    assert "#setup=" in link
    page.open("about:blank")
    page.open(address + link[link.index("#"):])
    page.until("the link's notice", lambda: page.run("return !document.getElementById('linked').hidden"))
    page.until("the training that runs", lambda: "lstm: " in page.text("#legend"))
    assert page.value("#beside") == "mine"
    page.click("#setup button[type=submit]")
    page.until("the same bits", lambda: page.text("#fingerprint") == fingerprint, 60)
    assert "mine: " in page.text("#legend")


def works_by_keyboard(page):
    """Every control has a name for screen readers, and the page can be used without a mouse."""
    page.devtools("Accessibility.enable")
    tree = page.devtools("Accessibility.getFullAXTree")["nodes"]
    roles = {"button", "textbox", "combobox", "searchbox", "spinbutton", "slider", "link", "img", "listbox", "image",
             "Canvas"}
    nameless = [node for node in tree if not node.get("ignored") and node.get("role", {}).get("value") in roles
                and not node.get("name", {}).get("value", "").strip()]
    assert not nameless, nameless[:3]
    page.devtools("Accessibility.disable")
    page.call("POST", "/refresh", {})
    page.until("the text", lambda: len(page.text(FIRST + ".characters")) > 10)
    focused = "return document.activeElement.id || document.activeElement.className"
    page.press("\ue004")
    assert page.run(focused) == "skip", page.run(focused)
    page.press("\ue007")
    for _ in range(2):
        page.press("\ue004")
    assert page.run(focused) == "step", page.run(focused)
    page.press("\ue007")
    page.until("a step by the keyboard", lambda: "paused" in page.text("#status"))
    page.click("#start")
    page.run("document.querySelector('.characters').focus()")
    page.press("\ue014" * 5)
    page.until("an explanation by the keyboard", lambda: explained(page, FIRST) == "5")
    page.press("\ue007")
    page.until("nearest states by the keyboard", lambda: page.run(COUNT, FIRST + ".nearest li") > 0)


def survives(page, address):
    """A text that is too short, reloads, ten tabs, requests of others."""
    page.run(WRITE, "#data", "text")
    page.run(WRITE, "#text", "short")
    page.click("#setup button[type=submit]")
    page.until("a refusal", lambda: "text: expected" in page.text("#setup-error"))
    for _ in range(5):
        page.call("POST", "/refresh", {})
    page.until("a sample after reloads", lambda: len(page.text("#sample")) > 100)
    first = page.call("GET", "/window")
    for _ in range(10):
        page.call("POST", "/window", {"handle": page.call("POST", "/window/new", {"type": "tab"})["handle"]})
        page.open(address)
        page.until("a sample in each tab", lambda: len(page.text("#sample")) > 100)
    for handle in page.call("GET", "/window/handles"):
        if handle != first:
            page.call("POST", "/window", {"handle": handle})
            page.call("DELETE", "/window")
    page.call("POST", "/window", {"handle": first})


def refuses_others(host):
    """What another page in the browser, or a name that was made to point here, would send."""
    def status(headers, path="/ask/control", body=b"{}", method="POST"):
        connection = http.client.HTTPConnection(host, timeout=20)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json", **headers})
            return connection.getresponse().status
        except (BrokenPipeError, ConnectionResetError):
            return 413
        finally:
            connection.close()

    assert status({}) == 200
    assert status({"Origin": "http://evil.example"}) == 403
    assert status({"Host": "evil.example"}) == 403
    assert status({"Content-Type": "text/plain"}) == 400
    assert status({}, body=b"{bad") == 422
    assert status({}, body=b"[" * 100_000) == 422
    assert status({}, body=b" " * (3 << 20)) == 413
    assert status({"Origin": "http://evil.example"}, "/events", None, "GET") == 403
    # Half a request, and then nothing: others are served meanwhile.
    half = http.client.HTTPConnection(host, timeout=20)
    half.putrequest("POST", "/ask/control")
    half.putheader("Content-Length", "1000")
    half.endheaders(b"{")
    assert status({}) == 200
    half.close()
    assert status({}) == 200


def tells_of_divergence(page):
    """A model that diverges stops with a word, the one beside it goes on, and a new training begins."""
    page.run(WRITE, "#data", "tales")
    page.run(WRITE, "#equations", "cell wild(x, h)\n  h' = exp(exp(W_ih x + 9 * h))\n")
    page.click("#train-edited")
    page.until("the cell", lambda: "wild: " in page.text("#legend"), 40)
    page.until("the word", lambda: "step" in page.text("#status").split("·")[-1], 60)
    page.until("the other one's sample", lambda: page.run(COUNT, "#sample span") > 100)
    train(page, "lstm", units="16")
    page.until("a new training", lambda: "second" in page.text("#status"))
