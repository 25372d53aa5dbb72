# Jacobians of finite residual networks: squared operator norm over all directions (orange) and over three of them (green), mean square directional
# derivative (red), its infinite-width value (black), and the lower bound of Theorem 2 (blue). One standard error.
set title "Branches of sines, σ² = 4, width ".setting("n")
set xlabel "depth L (blocks)"
set ylabel "squared norm of the Jacobian"
set logscale y
if (setting("L") <= 15) { set xtics 1 }
@depths
@two_rows
set format y "10^{%L}"
all = "sin"; few = "sin, three directions"
plot table using "L":(pick(all, column("operator"))):"operator_err" with yerrorbars linestyle 5 pointtype 7 pointsize 0.5 title "operator norm²", \
     "" using "L":(pick(few, column("operator"))):"operator_err" with yerrorbars linestyle 4 title "in three directions", \
     "" using "L":(pick(all, column("directional"))):"directional_err" with yerrorbars linestyle 2 title "mean |Jv|²/n", \
     "" using "L":(pick(all, column("slopes"))) with lines linestyle 1 title "infinite width", \
     "" using "L":(pick(all, column("bound"))) with lines linestyle 3 title "Theorem 2"
