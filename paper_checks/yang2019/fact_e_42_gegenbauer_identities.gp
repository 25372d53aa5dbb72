# The squared norm of $C_n^{(\alpha)}$ for the weight $(1-x^2)^{\alpha-1/2}$ by degree, for orders $\alpha=\frac12$ (Legendre) to 15: a closed form (points; lines
# to guide the eye), confirmed by Gauss's rule at every point.
set title "Norms of Gegenbauer polynomials"
set xlabel "degree n"
set ylabel "squared norm"
set logscale y
set format y "10^{%L}"
set key at graph 1.02, graph 1 left top vertical
set rmargin at screen 0.82
@tight
orders = "0.5 1 1.5 2.5 3.5 6.5 15"
plot for [i=1:words(orders)] table using "n":(column("alpha") == word(orders, i) + 0 ? column("norm") : NaN) with linespoints linestyle i dashtype 1 pointtype 7 pointsize 0.5 title "α = ".word(orders, i)
