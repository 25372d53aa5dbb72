# Mean products of activations over $\gamma^2$, layer by layer: one input (filled) and two (open), from networks with standard errors and bias; (23) and (24) say $\frac12$ and $\frac1{2\pi}$ (lines).
set title "Activations under batchnorm, N = ".setting("N").", m = ".setting("m")
set xlabel "layer l"
set ylabel "q̂ / γ²"
set xtics 1
set yrange [0:0.6]
@tight
@two_rows
names = system("awk -F'\t' '/^gamma =/ && !seen[$1]++ { print substr($1, 9) }' '".table."'")
series(i) = "gamma = ".word(names, i)
plot 0.5 with lines linestyle 1 title "1/2", 1 / (2 * pi) with lines linestyle 8 linewidth 2 title "1/(2π)", \
     for [i=1:words(names)] table using (column("l") + 0.06 * (i - 2)):(pick(series(i), column("h"))):"h_err" with yerrorbars linetype i pointtype 7 pointsize 0.9 title "γ = ".word(names, i), \
     for [i=1:words(names)] "" using (column("l") + 0.06 * (i - 2)):(pick(series(i), column("h_pair"))):"h_pair_err" with yerrorbars linetype i pointtype 6 pointsize 0.9
