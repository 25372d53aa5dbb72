# The function whose monotonicity carries Property 6: $k\mapsto sx^k-(sx+1-s)^k$ does not decrease for $k\ge1$. One example; the program tries
# thousands of $s,x$.
set title "s = ".setting("s").", x = ".setting("x")
set xlabel "exponent k"
set ylabel "s x^k − (s x + 1 − s)^k"
set tmargin 2.2
set title offset 0,-0.5
@tight
plot $two using (1):(reach(-0.1, 0)) with points pointsize 0, \
     table using "k":"function" with lines linestyle 1
