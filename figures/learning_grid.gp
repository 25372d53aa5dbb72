# The maps of a learning grid (the library's page on it): accuracies after some epochs, from left to right, of training and test, over learning rates and the shift (upper half) or epsilon
# (lower half).
looks = 1 + floor(log(number("epochs")) / log(2) + 1e-9)
@svg 760
set output output
set multiplot
below(row) = 0.745 - 0.19 * (row - 1) - (row > 2 ? 0.08 : 0)
values = number("values") + 0; rates = number("rates") + 0
set logscale y
set style fill solid noborder
set palette defined (0 "#ffffff", 1 "#0072B2")
set cbrange [0:1]
unset grid
unset key
unset title
high = rates > 1 ? (number("rate1") / number("rate0"))**(0.5 / (rates - 1)) : 2
top = rates > 1 ? number("rate1") : number("rate0")
set yrange [number("rate0") / high:top * high] noextend
set ytics (0.001, 0.01, 0.1) font ",12"
do for [row=1:4] {
    view = word("train test train test", row)." ".word("beta beta epsilon epsilon", row)
    last = number(row < 3 ? "beta1" : "epsilon1") + 0
    wide = 0.5 * last / (values - 1)
    set xrange [-wide:last + wide] noextend
    set xtics (0, last) font ",12"
    if (row % 2 == 1) { set format x "" } else { set format x "%g" }
    set bmargin at screen below(row)
    set tmargin at screen below(row) + 0.17
    do for [look=1:looks] {
        set lmargin at screen 0.15 + 0.71 * (look - 1) / looks
        set rmargin at screen 0.14 + 0.71 * look / looks
        epoch = 2**(look - 1)
        if (look == 1) { set format y "%g"; set ylabel word("train test train test", row)."\nrate" offset 1.5,0 font ",13" textcolor rgb "#333333" } else { set format y ""; unset ylabel }
        if (row == 1) { set label 1 (look == 1 ? "epoch 1" : sprintf("%d", epoch)) at graph 0.5, 1.13 center font ",13" textcolor rgb "#222222" } else { unset label 1 }
        if (row % 2 == 0) { set xlabel (row == 2 ? "β" : "ε") offset 0,0.5 textcolor rgb "#333333" } else { unset xlabel }
        if (row == 1 && look == looks) { set colorbox user origin 0.875,0.095 size 0.025,0.82; set cblabel "accuracy" textcolor rgb "#333333" offset -0.5,0; set cbtics font ",12" } else { unset colorbox }
        plot table using "x":(strcol(1) eq view && column("epoch") == epoch ? column("rate") : NaN):(column("x") - wide):(column("x") + wide):(column("rate") / high):(column("rate") * high):"accuracy" \
             with boxxyerror palette
    }
}
unset multiplot
