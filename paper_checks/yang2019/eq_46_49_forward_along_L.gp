# Entries of $V_{B_\phi}(\Sigma^*+tL)$ as the covariance moves along $L\in\mathbb L$, to nine tenths of the way to where it stops to be one (discs:
# quadrature). Lines: the derivative (46), which moves $V_{11}$ and $V_{22}$ apart and leaves $V_{12}$ where it is.
set title sprintf("Along the space L, %s, B = %s", setting("phi"), number("B"))
set xlabel "s = t √(B(B−2)) / μ*"
set ylabel "entry of V"
set xrange [-1:1]
plot table using "s":"tangent" with lines linestyle 3 title "(46), V₁₁", \
     "" using (-column("s")):"tangent" with lines linestyle 4 title "V₂₂", \
     "" using "s":"Sigma_12" with lines linestyle 1 title "V₁₂", \
     "" using "s":"V_11" with points linestyle 2 title "on the path", \
     "" using "s":"V_22" with points linestyle 2, \
     "" using "s":"V_12" with points linestyle 2
