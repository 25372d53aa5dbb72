# One step of backpropagation through $\mathrm{relu}^\alpha$ at the rank-one fixed point: the median of the gradient's length after over before. For $r>0$ the exact result is 0, and rounding
# leaves what is drawn in red (single) and blue (double precision). For $r<0$ the exact factor is black.
set title "Rounding at the rank-one fixed point, B = ".setting("B")
set xlabel "power α"
set ylabel "|gradient after| / |gradient before|"
set logscale y
set format y "10^{%L}"
set ytics 1e5
@tight
plot table using "alpha":"exact" with linespoints linestyle 1 pointtype 7 pointsize 0.6 title "exact, r < 0", \
     "" using "alpha":"single" with linespoints linestyle 2 title "single, r > 0", "" using "alpha":"double" with linespoints linestyle 3 pointtype 7 pointsize 0.6 title "double, r > 0"
