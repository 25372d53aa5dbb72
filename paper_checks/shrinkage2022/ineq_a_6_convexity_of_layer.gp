# Excess convexity of one cropped layer over its lower bound (A.6), against the length $1-\bar\rho$ of the interval that the crop leaves: all
# activations tried (grey), among them relu (red), erf (green) and $h_2$ (black), which comes to equality (blue line).
set title "Excess convexity of a cropped layer over its bound"
set xlabel "1 − ρ̄"
set ylabel "e(P̃) / bound"
set logscale xy
set format xy "10^{%L}"
ratio(name) = pick(name, column("e") / column("bound"))
plot table using "gap_bar":(column("e") / column("bound")) with lines linecolor rgb grey linewidth 0.8 title "others", \
     "" using "gap_bar":(ratio("relu")) with linespoints linestyle 2 title "relu", \
     "" using "gap_bar":(ratio("erf")) with linespoints linestyle 4 title "erf", \
     "" using "gap_bar":(ratio("h2")) with linespoints linestyle 1 pointtype 7 pointsize 0.5 title "h_2", \
     1 with lines linestyle 3 title "bound"
