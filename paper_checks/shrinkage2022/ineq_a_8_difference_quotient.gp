# The difference quotient $|\Delta z|^2/n_L$ over $|\Delta x|^2/n_0$ of two inputs at distance $\tau$: finite networks (red, one standard error),
# infinite width (black), and the two lower bounds of (A.8) (blue, sky).
set title setting("phi")." networks, L = ".setting("L").", ".variances(setting("s") + 0)
set xlabel "τ = 1 − ρ_0, up to 1/(2 + E)"
set ylabel "difference quotient"
set logscale xy
@tight
@two_rows
plot table using "tau":(pick("infinite width", column("quotient"))) with lines linestyle 1 title "infinite width", \
     "" using "tau":(pick("networks", column("network"))):"network_err" with yerrorbars linestyle 2 pointsize 0.8 title "networks, N = ".setting("N"), \
     "" using "tau":(pick("infinite width", column("one_plus_E"))) with lines linestyle 3 title "(1 − ρ̄_{max})(1 + E)", \
     "" using "tau":(pick("infinite width", column("E_over_2"))) with lines linestyle 7 title "(1 − ρ_{max}) E/2"
