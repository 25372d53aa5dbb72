# How much of the distance from the minimum a step takes away, in the long run, against the condition number: at half of the critical rate (orange) and at the optimal rate (black).
set title sprintf("Gradient descent on a spread spectrum, μ = %s", number("mu"))
set xlabel "λ_{max} / λ_{min}"
set ylabel "1 − spectral radius"
set logscale xy
set format x "10^{%L}"
set xrange [1:1.2e4]
chosen = setting("mu") + 0
plot table using "kappa":(abs(column("mu") - chosen) < 1e-12 && column(0) < 32 ? column("half") : NaN) with lines linestyle 5 title "half of the critical rate", \
     "" using "kappa":(abs(column("mu") - chosen) < 1e-12 && column(0) < 32 ? column("optimal") : NaN) with lines linestyle 1 title "optimal rate"
