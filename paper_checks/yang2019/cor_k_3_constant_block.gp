# What a centred matrix with a constant second block ($d,f,c,b=2,0.5,-0.1,0.3$) makes of vectors with 1 on that block and a constant on the main block, against that constant. Only $+1$, the
# mean of the others, gives 0; $-1$, as printed, does not.
set title "Null space of a BSB2 matrix, B = ".setting("B")
set xlabel "constant on the main block"
set ylabel "norm of the image / norm"
set xrange [-2.1:2.1]
set arrow from 1, graph 0 to 1, graph 1 nohead linestyle 3 linewidth 1
set arrow from -1, graph 0 to -1, graph 1 nohead linestyle 2 dashtype 2
set label "corrected, +μ" at 1.05, graph 0.95 textcolor rgb black
set label "printed, −μ" at -0.95, graph 0.95 textcolor rgb black
plot table using "constant":"residual" with linespoints linestyle 1 pointtype 7 pointsize 0.5
