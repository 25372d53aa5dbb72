# Jacobians of finite networks, with as many inputs as neurons (above) and with three inputs (below): squared operator norm (orange), mean square
# directional derivative (red), its infinite-width value (black), and the lower bound of Theorem 1 (blue). One standard error.
set title setting("phi")." networks of width ".setting("N").", ".variances(setting("s") + 0)
set ylabel "N_0 = N"
set logscale y
if (setting("L") <= 15) { set xtics 1 }
@depths
@upper
@two_rows
set format y "10^{%L}"
all = "as many inputs as neurons"
plot table using "L":(pick(all, column("operator"))):"operator_err" with yerrorbars linestyle 5 pointtype 7 pointsize 0.5 title "operator norm²", \
     "" using "L":(pick(all, column("slopes"))) with lines linestyle 1 title "infinite width", \
     "" using "L":(pick(all, column("directional"))):"directional_err" with yerrorbars linestyle 2 title "mean |Jv|²/N", \
     "" using "L":(pick(all, column("bound"))) with lines linestyle 3 title "Theorem 1"
@lower
set format y "10^{%L}"
set xlabel "depth L (non-linear layers)"
set ylabel "N_0 = 3"
few = "three inputs"
plot table using "L":(pick(few, column("operator"))):"operator_err" with yerrorbars linestyle 5 pointtype 7 pointsize 0.5, \
     "" using "L":(pick(few, column("slopes"))) with lines linestyle 1, \
     "" using "L":(pick(few, column("directional"))):"directional_err" with yerrorbars linestyle 2, \
     "" using "L":(pick(few, column("bound"))) with lines linestyle 3
