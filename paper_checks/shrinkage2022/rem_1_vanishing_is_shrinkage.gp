# Ordered networks (black): $1-\rho_l$ over $e^{-\lambda l}$, $\lambda=-\ln P'(1)$, settles at a constant: shrinkage is exponential at the rate of
# vanishing gradients. Critical networks (red): $1-\rho_l$ over Theorem 1's bound falls below 1 (blue) like a power of the depth: erf and sin like
# $l^{-1/2}$, relu and leaky relu like $l^{-3/2}$.
set title "Ordered and critical networks"
set xlabel "layer l"
set ylabel "1 − ρ_l, over e^{−λ l} or the bound"
set logscale xy
set format y "10^{%L}"
@tight
ordered = setting("phi") eq "erf" ? 4 : 5 # blocks of one activation each; the chosen one comes first
ratio(low, high) = column(-1) >= low && column(-1) <= high ? column("gap") / column("reference") : NaN
# Steps from a row to the next of the same variances; blocks hold several.
step(x, y) = (same = column(0) > 0 && column("s") == s_before, x0 = x1, y0 = y1, x1 = x, y1 = y, s_before = column("s"), same ? x0 : NaN)
x1 = 0; y1 = 0; s_before = 0
plot table using (step(column("l"), ratio(0, ordered - 1))):(y0):(x1 - x0):(y1 - y0) with vectors nohead linestyle 1 linewidth 1, \
     "" using "l":(ratio(0, ordered - 1)) with points linestyle 1 pointtype 7 pointsize 0.4 title "ordered", \
     "" using "l":(ratio(ordered, ordered + 3)) with linespoints linestyle 2 title "critical", \
     1 with lines linestyle 3 title "bound"
