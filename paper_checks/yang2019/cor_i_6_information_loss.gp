# The eigenvalue between batches against the batch size: for the identity, as printed (black line), and for other activations of the table. None exceeds the identity's.
set title "What one layer leaves of correlations between batches"
set xlabel "batch size B"
set ylabel "eigenvalue"
set logscale x
set xrange [3.7:1100]
set yrange [0:1.05]
@two_rows
names = "relu lrelu:0.1 tanh sigmoid gelu silu x^3"
plot 1 with lines linestyle 8, table using "B":(pick("id", column("bound"))) with lines linestyle 1 title "identity", \
     for [i=1:words(names)] "" using "B":(pick(word(names, i), column("cross"))) with linespoints linecolor rgb hue(i + 1) linewidth 1.3 pointtype 7 pointsize 0.5 \
     title word(names, i) noenhanced
