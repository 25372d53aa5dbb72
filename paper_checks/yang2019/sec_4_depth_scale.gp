# The depth scale $\xi=1/\log\lambda_G$ over which gradients explode, against the batch size, for the activations of the table. The straight line
# is the identity's, $1/\log\frac{B-2}{B-3}$; every other activation ends at a limit of its own.
set title "How many layers multiply gradients by e"
set xlabel "batch size B"
set ylabel "ξ = 1 / log λ_G"
set logscale xy
set xrange [3.5:1400]
@two_rows
plot 1 / log((x - 2) / (x - 3)) with lines linestyle 8 title "linear", \
     for [i=1:6] name = word("relu lrelu:0.1 tanh gelu sigmoid abs", i) table using "B":(pick(name, column("xi"))) with linespoints linetype i title name
