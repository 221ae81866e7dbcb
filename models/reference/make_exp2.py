"""Prints the coefficients of 2^r in src/cpu/math.rs: a polynomial on |r| <= 1/2, minimax for the relative error, by
linear programming. Needs numpy and scipy; run by hand."""

import math

import numpy as np
from scipy.optimize import linprog

DEGREE = 4

r = np.cos(np.linspace(0, math.pi, 2001)) / 2
terms = np.stack([r**i for i in range(DEGREE + 1)], 1) / np.exp2(r)[:, None]
slack = -np.ones((len(r), 1))
fit = linprog(
    [0] * (DEGREE + 1) + [1],
    A_ub=np.block([[terms, slack], [-terms, slack]]),
    b_ub=np.concatenate([np.ones(len(r)), -np.ones(len(r))]),
    bounds=[(None, None)] * (DEGREE + 1) + [(0, None)],
    method="highs",
)
print("largest relative error", fit.x[-1])
for value in fit.x[:-1]:
    print(f"{value:.9g}")
