# Composed cropped maps at three places $t$: from covariances by quadrature (circles) and from the maps composed first and cropped afterwards
# (lines), for one chain. Below, the difference of the two for this chain and three mixed ones: rounding.
cropped = 'column("cropped")'
composed = '((column("rho") - column("rho_bar")) / (1 - column("rho_bar")))'
stats table using (1e16 * (@cropped - @composed)) nooutput
gap = steps(STATS_max - STATS_min)
set title "Composed cropped maps, ".setting("phi")
set ylabel "P̃_l∘…∘P̃_1(t)"
set xrange [0.7:setting("L") + 0.3]
if (setting("L") <= 15) { set xtics 1 }
set yrange [0:1]
set ytics 0.25
first_chain(t, value) = column(-1) == 0 && abs(column("t") - t) < 1e-9 ? value : NaN
@upper
plot for [t in "0.05 0.5 0.95"] table using "l":(first_chain(t, @composed)) smooth unique with lines linestyle 1 title t eq "0.5" ? "composed, then cropped" : "", \
     for [t in "0.05 0.5 0.95"] "" using "l":(first_chain(t, @cropped)) with points linestyle 2 pointtype 6 pointsize 1 title t eq "0.5" ? "from covariances" : ""
@lower
set autoscale y
set ytics gap
set xlabel "layer l"
set ylabel "difference · 10^{16}"
plot 0 with lines linestyle 8, table using "l":(1e16 * (@cropped - @composed)) with points linestyle 2
