# Mean squares of pre-activations $q^l$ (lines: the recursion, points: networks of width 16) at three variances of the weights: a fixed point, growth by $\sigma_b^2$ a layer, and exponential growth. Dashed: activations $\hat q^l$, half of it.
set title "Vanilla networks of width 16, σ_b² = ".number("sigma_b2")
set xlabel "layer l"
set ylabel "mean square"
set logscale y
set xtics 1
@depths
names = system("awk -F'\t' '/^sigma_w2 =/ && !seen[$1]++ { print substr($1, 12) }' '".table."'")
series(i) = "sigma_w2 = ".word(names, i)
plot for [i=1:words(names)] table using "l":(pick(series(i), column("q"))) with lines linetype i title "σ_w² = ".word(names, i), \
     for [i=1:words(names)] "" using "l":(pick(series(i), column("half"))) with lines linetype i dashtype 2, \
     for [i=1:words(names)] "" using "l":(pick(series(i), column("z"))):"z_err" with yerrorbars linetype i pointtype 7 pointsize 0.7, \
     for [i=1:words(names)] "" using "l":(pick(series(i), column("h"))):"h_err" with yerrorbars linetype i pointtype 6 pointsize 0.7
