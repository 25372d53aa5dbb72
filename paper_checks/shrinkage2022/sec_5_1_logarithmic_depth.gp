# The correlation of outputs after the first $\ln L$ layers against that of the inputs, at infinite width for $\ln L=2,4,\dots,64$ (grey, upwards),
# and for networks whose width is their depth $L$ (red, one standard error; black, infinite width for them).
set title "The first ln L layers, ".setting("phi").", critical variances"
set xlabel "input correlation ρ_0"
set ylabel "correlation after ln L layers"
set xrange [0:1]
plot table using "rho_0":(strcol(1) ne "networks" ? column("rho") : NaN) with lines linecolor rgb grey linewidth 1 title "ln L = 2, …, 64", \
     "" using "rho_0":(pick("networks", column("rho"))) with lines linestyle 1 title "infinite width", \
     "" using "rho_0":"network":"network_err" with yerrorbars linestyle 2 title "L = N = ".setting("N")
