# The correlation of two inputs, layer by layer: networks without layer normalisation (red), the same with it inserted and the activation rescaled
# (green circles), and infinite width (black). Below, the mean square $q_l$ of preactivations that the rescaling uses: infinite width and networks.
# One standard error.
set title "Layer normalisation inserted, ".setting("phi")
set ylabel "correlation ρ_l"
@tight
@upper
@two_rows
plot table using "layer":"rho" with lines linestyle 1 title "infinite width", \
     "" using "layer":"without":"without_err" with yerrorbars linestyle 2 title "without", \
     "" using "layer":"with":"with_err" with yerrorbars linestyle 4 pointtype 6 pointsize 1 linewidth 1 title "inserted"
@lower
set xlabel "layer l"
set ylabel "mean square q_l"
set yrange [0:*]
plot table using "layer":"q" with lines linestyle 1, \
     "" using "layer":"length":"length_err" with yerrorbars linestyle 2
