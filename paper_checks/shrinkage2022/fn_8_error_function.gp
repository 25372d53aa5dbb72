# The error function from the library (black) and as the integral that the footnote gives (circles), with its slope (dashed).
set title "The error function"
set xlabel "x"
set ylabel "erf(x), erf′(x)"
@tight
plot table using "x":"slope" with lines linestyle 8 linewidth 1.5 title "slope", \
     "" using "x":"erf" with lines linestyle 1 title "erf", \
     "" using "x":"integral" with points linestyle 2 pointtype 6 pointsize 0.7 title "integral"
