# The correlation $\rho_l$ of two inputs after $l$ layers of a chaotic erf network: pairs in finite networks (red, from the geometric mean of
# $1-\rho_l$, with one standard error) and infinite width (black). All pairs approach the fixed point (dashed), which is below 1.
s = setting("s") + 0
set title "erf networks of width ".setting("N").", ".variances(s)
set xlabel "depth l (non-linear layers)"
set ylabel "correlation ρ_l"
set logscale x
@depths
set yrange [-1:1]
set ytics 0.5
rho(x) = 1 - exp(x)
plot table using "l":(1 - column("limit")) with lines linestyle 8 title "fixed point", \
     table using "l":(1 - column("theory")) with lines linestyle 1 title "infinite width", \
     "" using "l":(rho(column("log_network"))):(rho(column("log_network") - column("log_network_err"))):(rho(column("log_network") + column("log_network_err"))) \
        with yerrorbars linestyle 2 title "networks"
