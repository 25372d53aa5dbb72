# One layer backward: by what factor it multiplies the parts of the covariance of gradients along $G$, in $\mathbb L$ and $\mathbb M$ of the first batch's block, and the block between batches. Lines: the
# eigenvalues claimed; points: samples, with standard errors, for four covariances of gradients (those whose part is not zero).
set title "Blocks go by themselves, ".setting("phi").", B = ".setting("B")
set ylabel "factor of one layer"
set xrange [0.5:4.5]
set xtics ("G" 1, "L" 2, "M" 3, "between batches" 4) scale 0
set yrange [*:*]
set offsets 0, 0, graph 0.1, graph 0.1
names = '"diagonal block, G" "diagonal block, L" "diagonal block, M" "between"'
over(i, value) = column("before") == 0 ? NaN : pick(word(names, i), value / column("before"))
place(i) = i + 0.12 * (int(column(0) / 4) - 1.5)
plot for [i=1:4] table using (i - 0.35):(over(i, column("claimed"))):(0.7):(0) with vectors nohead linestyle 1 title i == 1 ? "claimed" : "", \
     for [i=1:4] "" using (place(i)):(over(i, column("sampled"))):(column("sampled_err") / abs(column("before"))) with yerrorbars linestyle 2 title i == 1 ? "samples" : ""
