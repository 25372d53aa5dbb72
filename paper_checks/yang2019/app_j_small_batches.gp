# How many times larger a layer makes squared gradients, typically (median over layers, mean over networks, one standard error), against the width: with $B=3$ it grows with the logarithm of the
# width, with $B=4$ it settles. The line has the slope of the tail's weight.
set title setting("phi")
set xlabel "width N"
set ylabel "growth a layer"
set logscale x
set format x "10^{%L}"
set yrange [0:*]
@tight
@two_rows
plot table using (pick("B = 3", column("N"))):"line" with lines linestyle 1 title "slope of the tail", \
     "" using (pick("B = 3", column("N"))):"growth":"growth_err" with yerrorbars linestyle 2 pointsize 0.8 title "B = 3", \
     "" using (pick("B = 4", column("N"))):"growth":"growth_err" with yerrorbars linestyle 3 pointtype 7 pointsize 0.8 title "B = 4"
