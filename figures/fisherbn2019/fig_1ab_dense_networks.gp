# The largest eigenvalue (above) and the critical learning rate (below) of dense networks against the parameter of batch normalisation: the vanilla network (blue), batch normalisation as printed (orange), corrected with frozen
# statistics (black) and with gradients through the statistics (green); points are the largest eigenvalues of finite networks with their standard errors, all parameters included.
@upper
set title sprintf("%s layers of %s units, σ_w² = %s, σ_b² = %s", setting("L"), setting("N"), number("sigma_w2"), number("sigma_b2"))
set logscale xy
set xrange [number("gamma_least") * 0.9:number("gamma_most") * 1.1]
set format y "10^{%L}"
set ylabel "largest eigenvalue"
curves = "vanilla printed frozen live"
styles = "3 5 1 4"
do for [panel=1:2] {
    shown = panel == 1 ? "lambda" : "eta"
    if (panel == 2) { @lower
        set format y "10^{%L}"
        set ylabel "critical rate"
        set xlabel "γ" }
    plot for [i=1:4] table using "gamma":(pick(word(curves, i), column(shown))) with lines linestyle word(styles, i) + 0 title word("vanilla printed frozen live", i), \
         for [i=1:3] "" using "gamma":(pick(word("vanilla frozen live", i)." networks", column(shown))):(column(shown."_err")) with yerrorbars linestyle word("3 1 4", i) + 0 pointtype 7 pointsize 0.6
}
unset multiplot
