# $\hat q$ (top), $\hat q_{xy}$ and $\hat q_{\alpha\beta,xy}$ (bottom) by layer: as printed (lines), and in networks with statistics of each site on inputs with a mean image (filled), and, a little to the right, with statistics over all sites on independent inputs (open).
set title sprintf("%s × %s taps, γ_{1} = %s, times %s a layer", setting("kernel"), setting("kernel"), setting("gamma"), setting("ratio"))
set xlabel "layer l"
set ylabel "second moment of h"
set xrange [0.8:setting("L") - 0.8]
set yrange [0:*]
set xtics 1
@two_rows
names = "same pair across"
titles = "q̂ q̂_{xy} q̂_{αβ,xy}"
size(i) = i == 3 ? 1.3 : 0.7
plot for [i=1:3] table using "l":(pick("each site, ".word(names, i), column("printed"))) with lines linestyle 1 + i title word(titles, i), \
     for [i=1:3] "" using "l":(pick("each site, ".word(names, i), column("drawn"))):"drawn_err" with yerrorbars linestyle 1 + i pointtype (i == 3 ? 9 : 7) pointsize size(i) title (i == 1 ? "each site" : ""), \
     for [i=1:3] "" using (column("l") + 0.06):(pick("all sites, ".word(names, i), column("drawn"))):"drawn_err" with yerrorbars linestyle 1 + i pointtype (i == 3 ? 8 : 6) pointsize size(i) title (i == 1 ? "all sites" : "")
