# The cropped map of a residual block, from (A.10) (red) and as the mixture $pt+qg(t)$ of the identity and the activation's own cropped map (black).
# Below, the difference of the two: rounding.
stats table using (1e16 * (column("cropped") - column("mixture"))) nooutput
gap = steps(STATS_max - STATS_min)
set title "A residual block of ".setting("phi").", σ² = ".setting("sigma2").", ρ̄ = ".setting("rho_bar")
set ylabel "P̃(t)"
set xrange [0:1]
@upper
set ytics 0.25
plot x with lines linestyle 8 title "identity", \
     table using "t":"mixture" with lines linestyle 1 title "mixture", \
     "" using "t":"cropped" with points linestyle 2 pointsize 0.8 title "from (A.10)"
@lower
set ytics gap
set xlabel "t"
set ylabel "difference · 10^{16}"
plot 0 with lines linestyle 8, \
     table using "t":(1e16 * (column("cropped") - column("mixture"))) with points linestyle 2 pointsize 0.8
