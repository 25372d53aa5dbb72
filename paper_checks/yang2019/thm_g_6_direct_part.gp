# The three eigenvalues of the direct part $D\Lambda D$ of the backward operator against the batch size: as printed (lines) and from entries integrated
# over the sphere (points).
set title sprintf("The direct part of the backward operator, %s", setting("phi")) noenhanced
set xlabel "batch size B"
set ylabel "eigenvalue"
set logscale x
set xrange [3.6:340]
set yrange [*:*]
spaces = "G L M"
plot for [i=1:3] table using "B":word(spaces, i) with lines linestyle word("1 3 4", i) + 0 title "λ_".word(spaces, i), \
     for [i=1:3] "" using "B":word(spaces, i)."_sphere" with points linestyle 2 title (i == 1 ? "sphere" : "")
