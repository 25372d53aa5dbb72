# The mean of $\|y\|^{-2k}$ for a standard Gaussian $y$ of dimension 1 to 5, by lemma E.2 (points) and in closed form (lines): finite as long as $2k$ stays below the
# dimension (dashed).
set title "Inverse powers of a Gaussian's norm"
set xlabel "k"
set ylabel "E ‖y‖^{−2k}"
set yrange [0.1:20]
set logscale y
set xrange [0:2.6]
mean(c, k) = k < c / 2. ? 2**-k * gamma(c / 2. - k) / gamma(c / 2.) : NaN
do for [c=1:5] { set arrow from c / 2., graph 0 to c / 2., graph 1 nohead linestyle 8 }
set samples 2000
plot for [c=1:5] [0.01:c/2. - 0.001] mean(c, x) with lines linecolor rgb hue(c == 2 ? 6 : c) linewidth 2 title sprintf("rank %d", c), \
     table using "k":"mean" with points linestyle 2 title "lemma E.2"
