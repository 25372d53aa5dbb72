# Gradients of vanilla networks, layer by layer: (22) (lines) and networks (points, with standard errors and bias), for one input (solid, filled) and for two (dashed, open), at two variances of the weights.
set title "Vanilla networks, σ_b² = ".number("sigma_b2").", N = ".setting("N")
set xlabel "layer l"
set ylabel "gradients"
set logscale y
set xtics 1
@tight
@two_rows
names = system("awk -F'\t' '/^sigma_w2 =/ && !seen[$1]++ { print substr($1, 12) }' '".table."'")
series(i) = "sigma_w2 = ".word(names, i)
plot for [i=1:words(names)] table using "l":(pick(series(i), column("same"))) with lines linetype i title "q̃, σ_w² = ".word(names, i), \
     for [i=1:words(names)] "" using "l":(pick(series(i), column("pair"))) with lines linetype i dashtype 2 title "q̃_{xy}, σ_w² = ".word(names, i), \
     for [i=1:words(names)] "" using "l":(pick(series(i), column("same_measured"))):"same_measured_err" with yerrorbars linetype i pointtype 7 pointsize 0.8, \
     for [i=1:words(names)] "" using "l":(pick(series(i), column("pair_measured"))):"pair_measured_err" with yerrorbars linetype i pointtype 6 pointsize 0.8
