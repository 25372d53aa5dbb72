# The largest eigenvalue (above) and the critical learning rate (below) of convolutional networks against the parameter of batch normalisation: vanilla networks (blue) and normalised ones with frozen statistics (black) and with
# gradients through the statistics (green); points are the largest eigenvalues of finite networks. Equation 45 as printed, vanilla (dashed) and normalised (full), with gradients of different sites starting at 1 (orange) and at 0
# (purple).
@upper
set title sprintf("%s, %s and %s channels, images of %s × %s", setting("C_1"), setting("C_2"), setting("C_3"), setting("side"), setting("side"))
set logscale xy
set xrange [number("gamma_least") * 0.9:number("gamma_most") * 1.1]
set format y "10^{%L}"
set title offset 0,1.6
set key maxrows 1
set ylabel "largest eigenvalue"
starts = "1 0"
curves = "vanilla frozen live"
styles = "3 1 4"
do for [panel=1:2] {
    shown = panel == 1 ? "lambda" : "eta"
    if (panel == 2) { @lower
        set format y "10^{%L}"
        set ylabel "critical rate"
        set ytics 100
        set xlabel "γ" }
    plot for [i=1:2] table using "gamma":(pick("vanilla from ".word(starts, i), column(shown))) with lines linestyle i+4 dashtype 2, \
         for [i=1:2] "" using "gamma":(pick("from ".word(starts, i), column(shown))) with lines linestyle i+4 title "from ".word(starts, i), \
         for [i=1:3] "" using "gamma":(pick(word(curves, i), column(shown))) with lines linestyle word(styles, i) + 0 title word(curves, i), \
         for [i=1:3] "" using "gamma":(pick(word(curves, i)." networks", column(shown))):(column(shown."_err")) with yerrorbars linestyle word(styles, i) + 0 pointtype 7 pointsize 0.6
}
unset multiplot
