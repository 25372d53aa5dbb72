# The second moment of $\rho_\alpha(\sqrt qZ)$: $c_\alpha q^\alpha$ (line) and quadrature of the definition (points). It diverges at
# $\alpha=-\frac12$, has its least value between 0 and 1, and grows like a factorial.
set title "Second moment of a rectified power, q = ".number("q")
set xlabel "degree α"
set ylabel "E ρ_α(√q Z)²"
set logscale y
set format y "10^{%L}"
set xrange [-0.5:5]
plot table using "alpha":"printed" with lines linestyle 1 title "c_α q^α", \
     "" every 2 using "alpha":"moment" with points linestyle 2 title "quadrature"
