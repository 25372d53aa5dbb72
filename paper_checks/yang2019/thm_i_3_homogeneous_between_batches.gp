# What one layer leaves of what two batches' gradients share, for homogeneous activations, against their degree: the closed form (lines) and the operator by two
# angles (points), at three batch sizes.
set title sprintf("Gradients between batches, a = %s, b = %s", number("a"), number("b"))
set xlabel "degree α"
set ylabel "λ_{M̃}"
set yrange [0:*]
sizes = "4 10 ".setting("B")
of(i, value) = column("B") == word(sizes, i) + 0 ? value : NaN
plot for [i=1:3] table using "alpha":(of(i, column("printed"))) with lines linecolor rgb word(blue." ".green." ".black, i) linewidth 2 title "B = ".word(sizes, i), \
     for [i=1:3] "" using "alpha":(of(i, column("two_angles"))) with points linestyle 2 title (i == 1 ? "two angles" : "")
