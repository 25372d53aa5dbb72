# The rate at which training begins to diverge against $\gamma$, over $\eta_*$ from gradients through the batch statistics. Circles: next to a minimum; squares: from far starts. Red: $\eta_*$ from gradients with fixed statistics, of the
# same networks next to the minimum.
set title sprintf("Width %s, %s samples, full batch", setting("N"), setting("m"))
set xlabel "γ"
set ylabel "rate / η_*"
@two_rows
set logscale xy
set xtics (0.1, 0.3, 1, 2, 4)
set xrange [0.085:4.7]
set yrange [0.2:4]
set ytics (0.2, 0.5, 1, 2, 4)
plot 1 with lines linestyle 1 title "live statistics", \
     table using "gamma":(pick("next to a minimum", column("frozen") / column("live"))) with linespoints linestyle 2 title "fixed statistics", \
     "" using "gamma":(pick("next to a minimum", column("border") / column("live"))) with points linetype 3 pointtype 6 pointsize 1.2 title "diverges", \
     "" using "gamma":(pick("from far", column("border") / column("live"))) with points linetype 4 pointtype 5 pointsize 0.9 title "from far starts"
