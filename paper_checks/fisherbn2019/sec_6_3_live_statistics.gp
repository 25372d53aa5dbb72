# What each layer's weights contribute to the bound, $f_l/N$, in networks with standard errors: with statistics held constant (black) and live, as in training (vermilion). Lines: the limits of wide networks; the live one is of order $1/m$ below the last layer.
set title "Squared gradient of the mean output, N = ".setting("N").", m = ".setting("m")
set xlabel "layer l"
set ylabel "f_l / N"
set xtics 1
set logscale y
set format y "10^{%L}"
@tight
@two_rows
plot table using "l":"frozen_limit" with lines linestyle 1 title "constant, limit", "" using "l":"frozen":"frozen_err" with yerrorbars linestyle 1 pointtype 7 pointsize 0.9 title "constant", \
     "" using "l":"live_limit" with lines linetype 2 title "live, limit", "" using "l":"live":"live_err" with yerrorbars linestyle 2 pointsize 0.9 title "live"
