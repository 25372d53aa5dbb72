# How the largest eigenvalue (filled) falls to the sum of $f_l$ as the number $m$ of inputs grows, in networks without (blue) and with batch normalisation (vermilion), and the mean over
# different inputs (open), all over the sum from the recursions. Cross: the sum with batch normalisation from the recursion as printed.
set title sprintf("L = %s, N = %s, γ = %s", setting("L"), setting("N"), setting("gamma"))
set xlabel "1/m"
set ylabel "over Σ f_l"
set xrange [0:*]
set yrange [0:*]
@two_rows
ratio(name) = pick(name, column("eigenvalue") / column("f"))
pairs(name) = pick(name, column("pairs") / column("f"))
set offsets 0, graph 0.05, graph 0.05, 0
plot 1 linestyle 1 title "Σ f_l, recursion", \
     table using (1 / column("m")):(ratio("vanilla")):(column("eigenvalue_err") / column("f")) with yerrorbars linestyle 3 pointtype 7 pointsize 0.8 title "λ_{max}, vanilla", \
     "" using (1 / column("m")):(pairs("vanilla")):(column("pairs_err") / column("f")) with yerrorbars linestyle 3 pointtype 6 pointsize 0.8 title "x ≠ y, vanilla", \
     "" using (0.0):(pick("batchnorm", column("printed") / column("f"))) with points pointtype 2 linecolor rgb black title "recursion as printed", \
     "" using (1 / column("m")):(ratio("batchnorm")):(column("eigenvalue_err") / column("f")) with yerrorbars linestyle 2 pointtype 5 pointsize 0.8 title "λ_{max}, batchnorm", \
     "" using (1 / column("m")):(pairs("batchnorm")):(column("pairs_err") / column("f")) with yerrorbars linestyle 2 pointtype 4 pointsize 0.8 title "x ≠ y, batchnorm"
