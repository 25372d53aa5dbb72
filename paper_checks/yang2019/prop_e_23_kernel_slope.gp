# The slope $\mathsf J_\phi'(c)$ from the integral that defines the kernel (points), through the kernel of $\phi'$ (black), and by the second form of Proposition E.23 as
# printed (orange) and corrected (blue, over black). As printed it diverges at either end.
set title "Slope of a kernel, α = ".number("alpha").", a = ".number("a").", b = ".number("b")
set xlabel "correlation c"
set ylabel "J_φ′(c)"
set xrange [-1:1]
stats table using "slope" nooutput
spread = (a = STATS_max - STATS_min, b = 0.3 * abs(STATS_max), a > b ? a : b)
set yrange [STATS_min - spread:STATS_max + 2 * spread]
plot table using "c":"slope" with lines linestyle 1 linewidth 4 title "through φ′", \
     "" using "c":"corrected" with lines linestyle 7 linewidth 1.5 title "corrected", \
     "" using "c":"printed" with lines linestyle 5 title "printed", \
     "" using "c":"cauchy" with points linestyle 2 title "slope"
