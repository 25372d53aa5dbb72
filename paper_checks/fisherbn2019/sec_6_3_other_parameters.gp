# The bound on the largest eigenvalue against $\gamma$: from weights alone as in the paper (grey), and with biases, $\gamma$ and $\beta$, statistics held constant in derivatives (blue) or not (green). Symbols are networks.
set title sprintf("L = %s, N = %s", setting("L"), setting("N"))
set xlabel "γ"
set ylabel "bound on λ_{max}"
set logscale xy
set format y "10^{%L}"
@two_rows
@tight
plot table using "gamma":"weights" with lines linestyle 8 linewidth 2 title "weights alone", \
     "" using "gamma":"all" with lines linestyle 3 title "all parameters, frozen", \
     "" using "gamma":"live_all" with lines linestyle 4 title "all parameters, live", \
     "" using "gamma":"frozen":"frozen_err" with yerrorbars linestyle 3 pointtype 7 pointsize 0.8 title "networks, frozen", \
     "" using "gamma":"live":"live_err" with yerrorbars linestyle 4 pointtype 5 pointsize 0.8 title "networks, live"
