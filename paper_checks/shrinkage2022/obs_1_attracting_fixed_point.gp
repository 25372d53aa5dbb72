# What one layer adds to a correlation, $P(\rho)-\rho$, for four variance ratios $s=\sigma_b^2/\sigma_w^2$. Where a curve falls through zero $\rho$
# is an attracting fixed point (red): each curve has one.
set title "Correlation maps less the identity"
set xlabel "correlation before the layer, ρ"
set ylabel "P(ρ) − ρ"
set xrange [-1:1]
set xtics 0.5
set offsets 0, 0, graph 0.08, 0
plot 0 with lines linestyle 8, \
     for [i=0:4] table using "rho":(column(-1) == i ? column("P") - column("rho") : NaN) with lines linecolor rgb hue(i == 0 ? 1 : i + 2) linewidth 2, \
     table using "fixed":(0 * column("rho")) with points linestyle 2 pointsize 1 title "attracting fixed point", \
     "" using (first(-1)):(column("P") - column("rho")):1 with labels left offset 0.8,0.9 textcolor rgb black
