# Output against input correlation after $L/4$, $L$ and $4L$ layers of a network (black), and the power $a+(1-a)x^\alpha$ with the same infimum $a$
# and the same excess convexity (orange), which the footnote compares it with.
set title setting("phi")." layers beside a + (1 − a) x^α"
set xlabel "x"
set ylabel "y"
set xrange [0:1]
set yrange [*:1]
plot table using "x":"power" with lines linestyle 5 title "power", \
     "" using "x":"layers" with lines linestyle 1 title "layers", \
     "" using (abs(column("x") - 0.375) < 1e-9 ? 0.375 : NaN):"layers":1 with labels right offset -0.3,0.7 textcolor rgb black
