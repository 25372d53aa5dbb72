# Mean products of the gradients of two inputs, $\tilde q^l_{xy}$, layer by layer: networks (points, with standard errors and bias), the corrected recursion (lines) and the printed one (dashed), which loses a third
# and more at every layer.
set title "Gradients under batchnorm, σ_w² = ".number("sigma_w2").", σ_b² = ".number("sigma_b2")
set xlabel "layer l"
set ylabel "q̃_{xy}"
set logscale y
set format y "10^{%L}"
set xtics 1
@tight
names = system("awk -F'\t' '/^gamma/ && !seen[$1]++ { gsub(/ /, \"_\", $1); print $1 }' '".table."'")
plain(name) = system("echo '".name."' | tr _ ' '")
@two_rows
plot for [i=1:words(names)] table using "l":(pick(plain(word(names, i)), column("corrected_pair"))) with lines linetype i title "γ = ".system("echo '".plain(word(names, i))."' | sed 's/gamma = //'"), \
     for [i=1:words(names)] "" using "l":(pick(plain(word(names, i)), column("printed_pair"))) with lines linetype i dashtype 2, \
     for [i=1:words(names)] "" using "l":(pick(plain(word(names, i)), column("pair"))):"pair_err" with yerrorbars linetype i pointtype 7 pointsize 0.7
