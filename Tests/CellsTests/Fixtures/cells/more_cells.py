"""More step functions in the form of cells.py, from the papers. Usage: that of make_golden_cells.py."""
import os, runpy, sys, torch
import cells
from cells import CELLS, Wg, Ug, bg, vec, cell, ch, mv, sg, th, Hs, S2
CELLS.clear()
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
One = lambda D, H: 1

def lstm(sums, c):
    i, f, g, o = ch(sums, 4); c2 = sg(f) * c + sg(i) * th(g); return sg(o) * th(c2), c2
@cell('nested_lstm', [Wg(4), Ug(4), bg(4), ('V', lambda D, H: (4 * H, H)), ('R', lambda D, H: (4 * H, H)), bg(4, 'bi')],
      S2 + [('d', Hs)], note='chunks i,f,g,o; V on i*g, R on f*c')
def _(p, x, s):
    h, c, d = s; i, f, g, o = ch(mv(x, p['W']) + mv(h, p['U']) + p['b'], 4)
    c2, d2 = lstm(mv(sg(i) * th(g), p['V']) + mv(sg(f) * c, p['R']) + p['bi'], d)
    return sg(o) * th(c2), (sg(o) * th(c2), c2, d2)
@cell('fast_slow_lstm', [Wg(4), ('U1', lambda D, H: (4 * H, H)), bg(4, 'b1'), ('Ws', lambda D, H: (4 * H, H)), ('Us', lambda D, H: (4 * H, H)),
      bg(4, 'bs'), ('W2', lambda D, H: (4 * H, H)), ('U2', lambda D, H: (4 * H, H)), bg(4, 'b2'), ('U3', lambda D, H: (4 * H, H)), bg(4, 'b3')],
      [('h', Hs), ('s', Hs), ('d', Hs), ('c1', Hs), ('c2', Hs), ('c3', Hs)], note='three fast cells')
def _(p, x, st):
    h, s, d, c1, c2, c3 = st
    a, c1 = lstm(mv(x, p['W']) + mv(h, p['U1']) + p['b1'], c1)
    s, d = lstm(mv(a, p['Ws']) + mv(s, p['Us']) + p['bs'], d)
    a, c2 = lstm(mv(s, p['W2']) + mv(a, p['U2']) + p['b2'], c2)
    a, c3 = lstm(mv(a, p['U3']) + p['b3'], c3)
    return a, (a, s, d, c1, c2, c3)
@cell('clockwork', [Wg(1), bg(1), ('U0', lambda D, H: (H // 4, H)), ('U1', lambda D, H: (H // 4, H - H // 4)), ('U2', lambda D, H: (H // 4, H // 2)),
      ('U3', lambda D, H: (H // 4, H // 4))], [('h', Hs), ('t', One)], note='periods 1,2,4,8')
def _(p, x, s):
    h, t = s; H = h.shape[-1]; n = H // 4; a = mv(x, p['W']) + p['b']; out = []
    for k, T in enumerate((1, 2, 4, 8)):
        U = p['U%d' % k]; sl = slice(k * n, (k + 1) * n)
        out.append(th(a[:, sl] + mv(h[:, k * n:], U)) if int(t[0, 0]) % T == 0 else h[:, sl])
    h2 = torch.cat(out, -1); return h2, (h2, (t + 1) % 8)
@cell('phased_lstm', [Wg(4), Ug(4), bg(4), vec('p'), vec('q')], S2 + [('t', One)], note='chunks i,f,g,o; r=.1 alpha=.001')
def _(p, x, s, r=.1, al=.001):
    h, c, t = s; u = t / torch.exp(p['p']) - p['q']; phi = u - torch.floor(u)
    k = torch.where(phi < r / 2, 2 * phi / r, torch.where(phi < r, 2 - 2 * phi / r, al * phi))
    h2, c2 = lstm(mv(x, p['W']) + mv(h, p['U']) + p['b'], c)
    c3 = k * c2 + (1 - k) * c; h3 = k * h2 + (1 - k) * h; return h3, (h3, c3, t + 1)
@cell('lru', [Wg(2), vec('nu'), vec('theta'), vec('g'), ('C', lambda D, H: (2 * H, H)), ('Dx', lambda D, H: (H, D))],
      [('re', Hs), ('im', Hs)], note='chunks re,im; complex arithmetic')
def _(p, x, s):
    lam = torch.exp(torch.complex(-torch.exp(p['nu']), torch.exp(p['theta']))); B = ch(mv(x, p['W']), 2); C = p['C'].chunk(2)
    z = lam * torch.complex(*s) + torch.exp(p['g']) * torch.sqrt(1 - lam.abs() ** 2) * torch.complex(*B)
    y = mv(z, torch.complex(*C)).real + mv(x, p['Dx']); return y, (z.real, z.imag)
@cell('hgrn', [Wg(3), bg(3), vec('gain')], note='chunks i,f,g; bound .25')
def _(p, x, s, lb=.25):
    i, f, g = ch(mv(x, p['W']) + p['b'], 3); silu = torch.nn.functional.silu; f = lb + (1 - lb) * sg(f)
    h = f * s[0] + silu(i) * (1 - f); return torch.nn.functional.rms_norm(h, h.shape[-1:], p['gain'], 1e-5) * silu(g), (h,)
if __name__ == '__main__': runpy.run_path(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'make_golden_cells.py'), run_name='__main__')
