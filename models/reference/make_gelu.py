"""Prints the coefficients of GELU in src/cpu/math.rs: Φ(x) − ½ ≈ x P(x²) on |x| ≤ END, minimax for the error of
x Φ(x) and exactly ½ at END, by linear programming. Needs numpy and scipy; run by hand."""

import math

import numpy as np
from scipy.optimize import linprog

END, DEGREE = 4.25, 8

x = np.cos(np.linspace(0, math.pi / 2, 1500))[:-1] * END
phi = np.array([0.5 * (1 + math.erf(v / math.sqrt(2))) for v in x])
terms = np.stack([x * x * (x / END) ** (2 * i) for i in range(DEGREE + 1)], 1)
wanted = x * (phi - 0.5)
slack = -np.ones((len(x), 1))
fit = linprog(
    [0] * (DEGREE + 1) + [1],
    A_ub=np.block([[terms, slack], [-terms, slack]]),
    b_ub=np.concatenate([wanted, -wanted]),
    A_eq=[[END] * (DEGREE + 1) + [0]],
    b_eq=[0.5],
    bounds=[(None, None)] * (DEGREE + 1) + [(0, None)],
    method="highs",
)
print("largest error", fit.x[-1])
for i, value in enumerate(fit.x[:-1]):
    print(f"{value / END ** (2 * i):.9g}")
