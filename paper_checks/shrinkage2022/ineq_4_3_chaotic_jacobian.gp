# Root mean square of $|Jv|/|v|$ against the depth of chaotic erf networks: $P'(1)^{L/2}$ of infinite width (black), finite networks (red, one
# standard error), and what inequality (4.3) asks for (blue). The growth is exponential, the bound a square root.
set title "erf networks, ".variances(setting("s") + 0)
set xlabel "depth L (non-linear layers)"
set ylabel "root mean square of |Jv|/|v|"
set logscale xy
set format y "10^{%L}"
@depths
plot table using "L":"growth" with lines linestyle 1 title "infinite width", \
     "" using "L":"network":"network_err" with yerrorbars linestyle 2 title "N = ".setting("N"), \
     "" using "L":"bound" with lines linestyle 3 title "bound (4.3)"
