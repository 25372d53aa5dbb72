# The factor by which one layer multiplies what the gradients of two batches share, against the batch size, for four activations: the integral (lines) and the operator
# by two angles (points). Dashed: 1, which it stays below.
@two_rows
set title "Gradients between batches"
set xlabel "batch size B"
set ylabel "λ_{M̃}"
set logscale x
set xrange [3.6:1100]
names = "relu tanh sin ".setting("phi")
of(i, value) = strcol(1) eq word(names, i) ? value : NaN
plot 1 with lines linestyle 8, \
     for [i=1:4] table using "B":(of(i, column("printed"))) with lines linecolor rgb word(black." ".blue." ".green." ".purple, i) linewidth 2 title word(names, i) noenhanced, \
     for [i=1:4] "" using "B":(of(i, column("two_angles"))) with points linestyle 2 title (i == 1 ? "two angles" : "")
