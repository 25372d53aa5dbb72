# Second moments of $z$ by layer: of one input ($q$), and of two inputs at the same site ($q_{xy}$) or at different ones ($q_{\alpha\beta,xy}$). Lines: the recursions as printed. Dashed: site by site,
# with a border of zeros. Points: drawn networks, without (filled) and with (open) that border; sites of one input and pairs of sites of two fall on each other.
set title sprintf("Moments going forward, %s × %s × %s inputs", setting("side"), setting("side"), setting("inputs"))
set xlabel "layer l"
set ylabel "second moment of z"
set xrange [0.8:setting("L") + 0.2]
set yrange [0:*]
set xtics 1
@two_rows
names = "same pair across"
titles = "q q_{xy} q_{αβ,xy}"
colours = "vermilion blue green"
size(i) = i == 3 ? 1.3 : 0.7
plot for [i=1:3] table using "l":(pick("z ".word(names, i), column("printed"))) with lines linestyle i == 1 ? 2 : i == 2 ? 3 : 4 title word(titles, i), \
     for [i=1:3] "" using "l":(pick("padded z ".word(names, i), column("by_sites"))) with lines linestyle i == 1 ? 2 : i == 2 ? 3 : 4 dashtype 2 title (i == 1 ? "with a border of zeros" : ""), \
     for [i=1:3] "" using "l":(pick("z ".word(names, i), column("drawn"))):"drawn_err" with yerrorbars linestyle i == 1 ? 2 : i == 2 ? 3 : 4 pointtype (i == 3 ? 8 : 7) pointsize size(i), \
     for [i=1:3] "" using "l":(pick("padded z ".word(names, i), column("drawn"))):"drawn_err" with yerrorbars linestyle i == 1 ? 2 : i == 2 ? 3 : 4 pointtype (i == 3 ? 8 : 6) pointsize size(i)
