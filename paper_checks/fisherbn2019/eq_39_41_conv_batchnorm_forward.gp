# Second moments of $z$ by layer, with batch normalisation: of one input ($q$), and of two inputs at the same site ($q_{xy}$) or at different ones ($q_{\alpha\beta,xy}$). Lines: as printed. Dashed: site by site, with a border of zeros.
# Points: drawn networks, without (filled) and with (open) that border.
set title sprintf("Batch-normalised, γ_{1} = %s, growing by %s a layer", setting("gamma"), setting("ratio"))
set xlabel "layer l"
set ylabel "second moment of z"
set xrange [0.8:setting("L") + 0.2]
set yrange [0:*]
set xtics 1
@two_rows
names = "same pair across"
titles = "q q_{xy} q_{αβ,xy}"
style(i) = i == 1 ? 2 : i == 2 ? 3 : 4
size(i) = i == 3 ? 1.3 : 0.7
plot for [i=1:3] table using "l":(pick(word(names, i), column("printed"))) with lines linestyle style(i) title word(titles, i), \
     for [i=1:3] "" using "l":(pick("border ".word(names, i), column("by_sites"))) with lines linestyle style(i) dashtype 2 title (i == 1 ? "with a border of zeros" : ""), \
     for [i=1:3] "" using "l":(pick(word(names, i), column("drawn"))):"drawn_err" with yerrorbars linestyle style(i) pointtype (i == 3 ? 8 : 7) pointsize size(i), \
     for [i=1:3] "" using "l":(pick("border ".word(names, i), column("drawn"))):"drawn_err" with yerrorbars linestyle style(i) pointtype (i == 3 ? 8 : 6) pointsize size(i)
