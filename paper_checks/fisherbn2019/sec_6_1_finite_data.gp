# Relative changes, in absolute value, that $m$ data make: of $\hat q_{xy}$ over different inputs (black; it falls) and over all pairs (blue; it rises), and of a gradient's growth a layer (vermilion; it rises). Lines: exact at infinite width; points: networks.
set title "Finite data, "."L = ".setting("L").", N = ".setting("N")
set xlabel "samples m"
set ylabel "relative change"
set logscale xy
set format x "10^{%L}"
set format y "10^{%L}"
@tight
@two_rows
size_of(x) = abs(x)
plot table using (pick("exact", column("m"))):(size_of(column("forward"))) with lines linestyle 1 title "q̂_{xy}", \
     "" using (pick("exact", column("m"))):(size_of(column("all_pairs"))) with lines linestyle 3 title "q̂, all pairs", \
     "" using (pick("exact", column("m"))):(size_of(column("gradient"))) with lines linetype 2 title "gradient, a layer", \
     "" using (pick("networks", column("m"))):(size_of(column("forward"))):"forward_err" with yerrorbars linestyle 1 pointtype 7 pointsize 0.8, \
     "" using (pick("networks", column("m"))):(size_of(column("gradient"))):"gradient_err" with yerrorbars linetype 2 pointtype 7 pointsize 0.8
