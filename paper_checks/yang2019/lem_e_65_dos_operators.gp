# What $\mathrm{DOS}(u,v,w)$ makes of the shapes $L_B(a,b)$ and $\mathrm{BSB1}_B(a,b)$ with $(a,b)$ on the unit circle (grey): the two numbers of the image by the
# lemmas (lines) and read off the transformed matrices (points).
set title sprintf("DOS(%s, %s, %s) on two shapes", number("u"), number("v"), number("w"))
set xlabel "a"
set ylabel "b"
set size ratio -1
set xtics 0.5
set ytics 0.5
set parametric
set trange [0:2*pi]
plot cos(t), sin(t) with lines linestyle 8 title "before", \
     table using (pick("L", column("a"))):"b" with lines linestyle 3 title "L", "" using (pick("BSB1", column("a"))):"b" with lines linestyle 1 title "BSB1", \
     "" using "a_image":"b_image" with points linestyle 2 title "matrices"
