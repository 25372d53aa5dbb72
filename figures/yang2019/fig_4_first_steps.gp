# Norms of weights, of gradients with respect to pre-activations, and of gradients with respect to weights, against the layer, before the first step (black) and after 1, 2, 4, 7 and 10
# (lighter and lighter green), in networks of three depths: geometric means over networks. After one step the weights of the lower layers grow exponentially towards the input, and
# gradients there are level.
set terminal svg dynamic enhanced font "DejaVu Sans,15" size 720,900
set output output
set multiplot layout 3,1 margins 0.13,0.97,0.09,0.91 spacing 0.02,0.05
set xrange [0:number("L") + 1] noextend
set logscale y
set format y "10^{%L}"
set mytics 1
unset key
shown = "0 1 2 4 7 10"
shade(i) = i == 1 ? black : word("#009E73 #33B18F #66C5AB #99D8C7 #CCECE3", i - 1)
do for [k=1:3] {
    name = word("log_W log_h log_G", k)
    if (k == 1) { set ytics 1e3 } else { set ytics 1e4 }
    set label 1 word("weights dLoss/dh dLoss/dW", k) at graph 0.98, 0.9 right textcolor rgb "#222222"
    if (k == 1) { set title sprintf("Relu networks of width %s, batches of %s", setting("N"), setting("B")) } else { unset title }
    if (k == 3) { set xlabel "layer"; set format x "%g" } else { unset xlabel; set format x "" }
    plot for [i=6:1:-1] for [part=1:4] table using "layer":(part != 3 && column("step") == word(shown, i) + 0 && strcol(1) eq sprintf("L = %d", int(number("L") / part)) ? exp(column(name)) : NaN) \
        with lines linecolor rgb shade(i) linewidth 2
}
unset multiplot
