# The bound on the largest eigenvalue over $\gamma^2$, from weights, against $\gamma$: with frozen statistics, corrected (blue) and as printed (orange), and with gradients through the statistics (green). Symbols are networks, with batches of m inputs where statistics are frozen.
set title sprintf("L = %s, N = %s", setting("L"), setting("N"))
set xlabel "γ"
set ylabel "bound / γ^2"
set logscale x
set yrange [0:*]
@two_rows
@tight
g2(y) = column(y) / column("gamma")**2
plot table using "gamma":(g2("corrected")) smooth unique with lines linestyle 3 title "frozen, corrected", \
     "" using "gamma":(g2("printed")) smooth unique with lines linestyle 5 title "frozen, as printed", \
     "" using "gamma":(g2("live_f")) smooth unique with lines linestyle 4 title "live", \
     "" using "gamma":(g2("frozen")):(g2("frozen_err")) with yerrorbars linestyle 3 pointtype 7 pointsize 0.8 title "networks, frozen", \
     "" using "gamma":(g2("live")):(g2("live_err")) with yerrorbars linestyle 4 pointtype 5 pointsize 0.8 title "networks, live"
